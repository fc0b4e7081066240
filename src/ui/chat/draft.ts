/** A message that is not sent yet: it stays while another view is shown. */
export const draft = { text: '' };
