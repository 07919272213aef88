#!/usr/bin/env node
// Builds first where there is no build yet (a fresh clone installed with scripts blocked), then runs the command line.
import { existsSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

const root = new URL('../', import.meta.url)
const main = new URL('dist/platform/cli/main.js', root)
if (!existsSync(main)) {
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL('bin/build.js', root))], { stdio: ['ignore', 2, 2] })
  if (status !== 0) process.exit(status ?? 1)
}
// Node 22 and later keep what they compiled, which halves the next start.
module.enableCompileCache?.()
const { run } = await import(main.href)
process.exitCode = await run(process.argv.slice(2))
// A handle that a plugin left open keeps no process alive.
setTimeout(() => process.exit(), 1000).unref()
