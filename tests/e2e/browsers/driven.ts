/** A browser that is started for a test file and driven by its makers' own protocol. */
export interface DrivenBrowser {
  /** `firefox/153.7.0`. */
  readonly version: string;
  /** A window with storage of its own, in which nobody was before. */
  open(): Promise<DrivenPage>;
  close(): Promise<void>;
}

/** What the protocols of Firefox and of WebKitGTK both do. */
export interface DrivenPage {
  goTo(url: string): Promise<void>;
  reload(): Promise<void>;
  /** What a function returns that runs in the page, with arguments that JSON can hold. */
  run<Args extends unknown[], Result>(
    script: (...args: Args) => Result | Promise<Result>,
    ...args: Args
  ): Promise<Result>;
  /** Clicks with the mouse on the first element of an XPath that is displayed; false where there is none. */
  click(xpath: string): Promise<boolean>;
  /** Types into what has the focus. */
  type(text: string): Promise<void>;
  /** Presses a key by its name (`Enter`, `ArrowRight`), with others held (`Control+Enter`). */
  press(key: string): Promise<void>;
  picture(path: string): Promise<void>;
  /** Errors and warnings on the console, and errors that nobody caught, since the window was opened. */
  complaints(): readonly string[];
  close(): Promise<void>;
}
