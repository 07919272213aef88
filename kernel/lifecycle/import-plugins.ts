import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, isAbsolute, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { closest } from 'fastest-levenshtein'
import { messageOf, refuse, type Problem } from '../plugin/problems.ts'
import { isGateway, type Gateway } from '../plugin/gateway.ts'
import { isPlugin, type Plugin } from '../plugin/plugin.ts'

const BUILT_IN = new URL('../../plugins/', import.meta.url)

/** Names of the plugins and gateways that ship with the kernel. */
export function builtInNames(): string[] {
  return readdirSync(BUILT_IN, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
    .sort()
}

/** Every feature plugin that ships with the kernel. */
export async function builtInPlugins(): Promise<Plugin[]> {
  const problems: Problem[] = []
  const features = builtInNames().filter(name => existsSync(new URL(`${name}/plugin.js`, BUILT_IN)))
  const plugins = await Promise.all(features.map(name => loadPlugin(name, fileURLToPath(BUILT_IN), problems)))
  refuse('Cannot load the built-in plugins', problems)
  return plugins.filter(plugin => plugin !== undefined)
}

/** Imports the plugin a config names: built-in name, npm package, or a path relative to the config file. */
export function loadPlugin(name: string, configFile: string, problems: Problem[]): Promise<Plugin | undefined> {
  return load(name, 'plugin', configFile, isPlugin, problems)
}

/** Imports the gateway a config names under `use`. */
export function loadGateway(name: string, configFile: string, problems: Problem[]): Promise<Gateway | undefined> {
  return load(name, 'gateway', configFile, isGateway, problems)
}

async function load<T>(
  name: string,
  kind: string,
  configFile: string,
  made: (value: unknown) => value is T,
  problems: Problem[]
): Promise<T | undefined> {
  const url = locate(name, kind, configFile)
  if (!url) {
    problems.push({
      code: 'PLUGIN_NOT_FOUND',
      owner: name,
      fact: `there is no built-in ${kind}, installed package or file of this name`,
      remedy: `did you mean "${closest(name, builtInNames())}"? Packages are looked for from ${dirname(configFile)}`
    })
    return undefined
  }
  let module: { default?: unknown }
  try {
    module = (await import(url)) as { default?: unknown }
  } catch (cause) {
    problems.push({
      code: 'PLUGIN_IMPORT_FAILED',
      owner: name,
      fact: messageOf(cause),
      remedy: `import it alone to see the whole error: node -e 'import("${url}")'`,
      cause
    })
    return undefined
  }
  if (made(module.default)) return module.default
  problems.push({
    code: 'PLUGIN_INVALID',
    owner: name,
    fact: `its default export was not made by define${kind === 'plugin' ? 'Plugin' : 'Gateway'}`,
    remedy: `export default define${kind === 'plugin' ? 'Plugin' : 'Gateway'}({ … })`
  })
  return undefined
}

function locate(name: string, kind: string, configFile: string): string | undefined {
  if (name.startsWith('.') || isAbsolute(name)) {
    const path = resolve(dirname(configFile), name)
    const file = [path, resolve(path, `${kind}.js`), resolve(path, 'index.js')].find(
      candidate => candidate.endsWith('.js') && existsSync(candidate)
    )
    if (file) return pathToFileURL(file).href
    return existsSync(resolve(path, 'package.json')) ? packageEntry(path, configFile) : undefined
  }
  const builtIn = new URL(`${name}/${kind}.js`, BUILT_IN)
  if (/^[a-z0-9-]+$/.test(name) && existsSync(builtIn)) return builtIn.href
  return packageEntry(name, configFile)
}

function packageEntry(name: string, configFile: string): string | undefined {
  try {
    return pathToFileURL(createRequire(configFile).resolve(name)).href
  } catch {
    return undefined
  }
}
