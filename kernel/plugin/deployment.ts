import type { Command as Commander } from 'commander'

/** What every plugin and gateway may know about the deployment it runs in. */
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

/** A command a plugin adds to the command line. It runs with the deployment's ports open, and prints through `print`. */
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

/** The person at the terminal, or a file when nobody is there. */
export interface Terminal {
  print(line: string): void
  /** A bar on a terminal once it takes longer than two seconds, a line otherwise. */
  progress<T>(title: string, total: number, work: (advance: (by?: number) => void) => Promise<T>): Promise<T>
  /** Asks without echo; rejects when nobody is there. */
  secret(question: string): Promise<string>
}
