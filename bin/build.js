// Compiles to dist/ and puts the SQL and the templates beside the JavaScript: `npm ci` runs it as `prepare`.
import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const modules = new URL('../node_modules/', import.meta.url)
// TypeScript 7 takes 2 s for what 6 takes 40 for; it is a program of its own for each kind of machine. The linter needs 6.
const isNative = existsSync(new URL(`@typescript/typescript-${process.platform}-${process.arch}/package.json`, modules))
const compiler = new URL(isNative ? 'ts7/bin/tsc' : 'typescript/bin/tsc', modules)
if (!existsSync(compiler)) {
  // Installed from a package, or without development dependencies: what is there has been built already.
  if (existsSync(new URL('../dist/kernel/index.js', import.meta.url))) process.exit(0)
  console.error('care-kernel: there is no build, and no compiler to make one. Run `npm ci` with development dependencies.')
  process.exit(1)
}
const { status } = spawnSync(process.execPath, [fileURLToPath(compiler), '-p', root], { stdio: 'inherit' })
if (status !== 0) process.exit(status ?? 1)
rmSync(`${root}dist/migrations`, { recursive: true, force: true })
cpSync(`${root}migrations`, `${root}dist/migrations`, { recursive: true })
for (const path of readdirSync(`${root}plugins`, { recursive: true }))
  if (path.endsWith('.typ')) cpSync(`${root}plugins/${path}`, `${root}dist/plugins/${path}`)

// What editors check config files against.
const { stdout } = spawnSync(process.execPath, [`${root}bin/care-kernel.js`, 'config', 'schema'], {
  stdio: ['ignore', 'pipe', 'inherit']
})
writeFileSync(`${root}config/schema.json`, stdout)
