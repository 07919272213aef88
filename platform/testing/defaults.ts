import { checkValues } from '../../kernel/config/check.ts'
import { RootSchema, type RootConfig } from '../../kernel/config/schema.ts'

/** The root config of a development deployment, with a public secret. */
export function rootDefaults(over: Readonly<Record<string, unknown>> = {}): RootConfig {
  return checkValues(RootSchema, { ...rootValues(), ...over }, 'test', []) as RootConfig
}

/** The same as the values of a config file. */
export function rootValues(): Record<string, unknown> {
  return {
    deployment: 'test',
    environment: 'development',
    security: { secretKey: 'care-kernel-development-only', rateLimit: false },
    server: { port: 0, docs: true },
    log: { level: 'silent' }
  }
}
