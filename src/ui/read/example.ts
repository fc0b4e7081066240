/** A text to begin with: plain, but for one thing that nobody expects on a beach. */
export const EXAMPLE = {
  before: "Children's tale: The Song of the Sea\n\n",
  text:
    'Once upon a time, there was a little girl named Mia who lived by the sea. Every morning she walked along the ' +
    'beach and looked for shells. One day she found a refrigerator. It was humming a song, and when she opened the ' +
    'door, a small crab looked out and said hello.',
} as const;
