import type { Command as Commander } from 'commander'

/** The part of the config that every plugin and gateway may read. */
export interface Deployment {
  readonly name: string
  readonly environment: 'development' | 'production'
  readonly timeZone: string
  /** Version answered by `/app_version/`. */
  readonly appVersion: string
  /** The front end's address, for links in messages. */
  readonly frontendUrl: string
  readonly security: {
    readonly secretKey: string
    /** `5/10m`, or false. */
    readonly rateLimit: string | false
  }
  /** How many processes serve this deployment on this machine. */
  readonly processes: number
}

/** A command of a plugin. It runs with the ports open, before anything has started, and prints through the terminal. */
export interface Command<Sc> {
  readonly summary: string
  /** Declares arguments and options: `command => command.argument('<file>').option('--force')`. */
  readonly usage?: (command: Commander) => void
  /** Resolves with the exit code: 0 fine, 1 problems, 2 wrong use. */
  readonly run: (
    scope: Sc,
    args: readonly string[],
    options: Readonly<Record<string, unknown>>,
    terminal: Terminal
  ) => Promise<number>
}

/** Standard output, error and input of a command: a terminal, or files. */
export interface Terminal {
  print(line: string): void
  /** Shows a progress bar on a terminal when `work` takes longer than 2 s, otherwise prints one line. */
  progress<T>(title: string, total: number, work: (advance: (by?: number) => void) => Promise<T>): Promise<T>
  /** Prompts without echo. Rejects where standard input is no terminal and has no line. */
  secret(question: string): Promise<string>
}
