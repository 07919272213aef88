import { Type, type Static } from 'typebox'

/** A secret: never printed, never in the plan. `developmentOnly` values, or any value with `true`, refuse to start elsewhere. */
export const secret = (
  options: {
    default?: string
    developmentOnly?: readonly string[] | true
    description?: string
    minLength?: number
    pattern?: string
  } = {}
) => Type.String({ secret: true, ...options })

/** Publicly known secrets: the plan refuses them in production. */
export const PUBLIC_SECRETS = ['care-kernel-development-only', 'changeme', 'secret', 'django-insecure'] as const

/** The config file without `plugins` and `gateways`, which have schemas of their own. */
export const RootSchema = Type.Object(
  {
    deployment: Type.String({ default: 'care', pattern: '^[a-z0-9-]+$', description: 'Name shown in health, metrics and logs' }),
    environment: Type.Union([Type.Literal('development'), Type.Literal('production')], { default: 'production' }),
    timeZone: Type.String({ default: 'Asia/Kolkata', description: 'Zone of days, schedules and printed times' }),
    appVersion: Type.String({ default: 'unknown', description: 'Answer of /app_version/' }),
    frontendUrl: Type.String({ default: 'http://localhost:4000', description: 'Front end, for links in messages' }),
    maintenance: Type.Boolean({ default: false, description: 'Every address answers 503' }),
    server: Type.Object(
      {
        host: Type.String({ default: '127.0.0.1' }),
        port: Type.Integer({ default: 9000, minimum: 0, maximum: 65535 }),
        processes: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1, maximum: 256 })], {
          default: 1,
          description: 'Web processes on one port; auto is one per core'
        }),
        trustProxy: Type.Boolean({ default: false, description: 'Believe X-Forwarded-For and X-Forwarded-Proto' }),
        bodyLimitMiB: Type.Integer({ default: 32, minimum: 1, maximum: 1024 }),
        requestTimeoutSeconds: Type.Integer({ default: 60, minimum: 1 }),
        stopSeconds: Type.Integer({
          default: 25,
          minimum: 1,
          description: 'How long a stop waits for running requests and jobs'
        }),
        docs: Type.Boolean({ default: true, description: '/api/schema/, /swagger/ and /redoc/' }),
        httpsRedirect: Type.Boolean({ default: false }),
        hstsSeconds: Type.Integer({ default: 0, minimum: 0 }),
        cors: Type.Object(
          {
            origins: Type.Array(Type.String(), { default: [], description: 'Origins that may call; "*" for any' }),
            patterns: Type.Array(Type.String({ format: 'regex' }), { default: [] })
          },
          { default: {}, additionalProperties: false }
        )
      },
      { default: {}, additionalProperties: false }
    ),
    security: Type.Object(
      {
        secretKey: secret({
          developmentOnly: PUBLIC_SECRETS,
          minLength: 8,
          description: 'Signs tokens; another key ends every session'
        }),
        rateLimit: Type.Union([Type.String({ pattern: '^[1-9][0-9]*/[1-9]?[0-9]*[smhd]$' }), Type.Literal(false)], {
          default: '5/10m'
        }),
        disableRateLimit: Type.Boolean({
          default: false,
          description: 'The same as `rateLimit: false`, for a variable'
        })
      },
      { default: {}, additionalProperties: false }
    ),
    work: Type.Object(
      {
        keepDoneDays: Type.Integer({ default: 7, minimum: 0, description: 'How long finished jobs and events can be looked at' }),
        keepScheduleDays: Type.Integer({ default: 90, minimum: 1, description: 'How long runs of schedules can be looked at' })
      },
      { default: {}, additionalProperties: false }
    ),
    log: Type.Object(
      {
        level: Type.Union(
          ['debug', 'info', 'warn', 'error', 'silent'].map(level => Type.Literal(level)),
          { default: 'info' }
        ),
        requests: Type.Boolean({ default: false, description: 'A line with the duration of every request' })
      },
      { default: {}, additionalProperties: false }
    )
  },
  { additionalProperties: false }
)

export type RootConfig = Static<typeof RootSchema>

/** A checked config: the root, and the settings of every enabled plugin and gateway by name. */
export interface Config {
  readonly root: RootConfig
  readonly plugins: Readonly<Record<string, unknown>>
  readonly gateways: Readonly<Record<string, { readonly use: string; readonly settings: unknown }>>
}

/** A config as read from files: merged, variables filled in, not yet checked. */
export interface RawConfig {
  /** Absolute path of the file, or a folder where there is none; relative plugin paths start here. */
  readonly file: string
  readonly values: Readonly<Record<string, unknown>>
}
