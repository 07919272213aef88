/** One thing that is wrong with a deployment: who, what, and what to do about it. */
export interface Problem {
  readonly code: ProblemCode
  readonly owner: string
  readonly fact: string
  readonly remedy: string
  readonly cause?: unknown
}

/** Every code with its one-line meaning; `docs/errors.md` has the page, a test proves each is reachable. */
export const PROBLEM_CODES = {
  CONFIG_NOT_FOUND: 'a config file, or one it extends, is not there',
  CONFIG_UNREADABLE: 'a config file is not valid YAML, or extends itself',
  CONFIG_INVALID: 'a value has the wrong type or is out of range',
  CONFIG_UNKNOWN_KEY: 'a key that no schema knows',
  ENV_MISSING: 'a variable or secret file that the config names is not set',
  SECRET_IS_DEFAULT: 'a publicly known secret or fixed code outside development',
  PLUGIN_NOT_FOUND: 'no built-in plugin, package or file of that name',
  PLUGIN_IMPORT_FAILED: 'the module throws while it is imported',
  PLUGIN_INVALID: 'the default export was not made by definePlugin or defineGateway',
  KERNEL_VERSION_MISMATCH: 'the plugin asks for another kernel version',
  CONTRACT_VERSION_MISMATCH: 'the plugin was written against another major of a contract',
  DUPLICATE_PLUGIN: 'two plugins with one name',
  REQUIRED_PLUGIN_MISSING: 'a required plugin is not enabled',
  DEPENDENCY_CYCLE: 'plugins that need each other',
  GATEWAY_MISSING: 'a port is needed and has no gateway',
  GATEWAY_WRONG_PORT: 'the gateway serves another port',
  GATEWAY_UNSUITABLE: 'the gateway cannot carry this deployment',
  GATEWAY_UNREACHABLE: 'the gateway cannot be opened',
  DUPLICATE_ROUTE: 'two owners of one route',
  DUPLICATE_TABLE: 'two owners of one table',
  DUPLICATE_MODEL: 'two models of one name',
  DUPLICATE_PERMISSION: 'two owners of one permission or row access',
  DUPLICATE_COMMAND: 'two owners of one command',
  ROUTE_WITHOUT_PERMISSION: 'a route that does not say who may call it',
  ROUTE_UNKNOWN_PERMISSION: 'a route names a permission or a scheme that no plugin declares',
  ROUTES_FAILED: 'the routes function throws while mounting',
  SERVICE_FAILED: 'a service cannot be built',
  COLUMN_WITHOUT_PRIVACY: 'a column without a privacy class',
  SCHEDULE_INVALID: 'a schedule with an unreadable cron expression, an unknown job or a payload its job refuses',
  EVENT_UNKNOWN: 'a subscription to an event that its contract does not declare',
  SLOT_UNKNOWN: 'a filling for a slot that its contract does not declare',
  SLOT_TAKEN: 'two plugins fill one slot',
  HOOK_UNKNOWN: 'a hook that its contract does not declare',
  RELATION_UNKNOWN: 'a relation of a plugin that the reader does not name, or that its contract does not offer',
  MIGRATION_INVALID: 'a migration file with an unreadable name',
  MIGRATIONS_PENDING: 'the database lacks migrations',
  MIGRATION_CHANGED: 'an applied migration file was edited',
  MIGRATION_FAILED: 'a migration was refused by the database',
  DATABASE_FOREIGN: 'the database holds tables of another system that were not adopted',
  PLUGIN_START_FAILED: 'a start hook throws',
  PLUGIN_START_OVERDUE: 'a start hook does not end in time',
  PLUGIN_STOP_FAILED: 'a stop hook throws or does not end in time',
  LISTEN_FAILED: 'the address cannot be listened on'
} as const

export type ProblemCode = keyof typeof PROBLEM_CODES

/** All problems of one attempt, together. `message` is the report a person reads. */
export class ProblemsError extends Error {
  readonly problems: readonly Problem[]

  constructor(title: string, problems: readonly Problem[]) {
    super(report(title, problems), { cause: problems.find(problem => problem.cause)?.cause })
    this.name = 'ProblemsError'
    this.problems = problems
  }
}

/** Throws when there is any problem. */
export function refuse(title: string, problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ProblemsError(title, problems)
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return error.errors.map(messageOf).join('; ')
  return error instanceof Error ? error.message : String(error)
}

/** Where an error came from, without its message, which may quote a value. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const { code, original } = error as { code?: unknown; original?: { code?: unknown } }
  const known = [original?.code, code].find(value => typeof value === 'string')
  const frames = (error.stack ?? '').split('\n').filter(line => line.startsWith('    at '))
  return [known === undefined ? error.name : `${error.name} ${known}`, ...frames.slice(0, 8)].join('\n')
}

function report(title: string, problems: readonly Problem[]): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  const blocks = problems.map(({ code, owner, fact, remedy }) => `  ${code}   ${owner}\n    ${fact}\n    → ${remedy}`)
  return [`${title}: ${count}`, ...blocks].join('\n\n')
}
