import { createRequire } from 'node:module'

/** The kernel's own version: what a plugin's `kernel` range is checked against. */
export const VERSION = (createRequire(import.meta.url)('../../../package.json') as { version: string }).version
