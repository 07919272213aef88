import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { VERSION } from '../../../kernel/plugin/version.ts'
import { scaffold } from '../scaffold.ts'
import type { CliCommand } from '../command.ts'

/** A plugin in a package of its own, with a test that passes. */
export const newPluginCommand: CliCommand = {
  name: 'plugin new',
  summary: 'write a new plugin: route, model, migration, job, permission and a passing test',
  usage: command => command.argument('<name>', 'kebab-case').option('--directory <dir>', 'where to put it (default: ./<name>)'),
  async run({ terminal }, [name = ''], { directory }) {
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
      terminal.warn(`"${name}" is not a plugin name: lower-case words joined by hyphens`)
      return 2
    }
    const root = resolve(typeof directory === 'string' ? directory : name)
    if (existsSync(root)) {
      terminal.warn(`${root} exists already: choose another name or --directory`)
      return 1
    }
    for (const [path, text] of Object.entries(scaffold(name, kernelFor(root)))) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
      terminal.print(`wrote     ${join(root, path)}`)
    }
    terminal.print(`Next: cd ${root} && npm install && npm test, then name it under plugins in your config.`)
    return 0
  }
}

/** An installed kernel is found by its version, one that runs from a checkout by its folder. */
function kernelFor(plugin: string): string {
  const own = fileURLToPath(new URL('../../../../', import.meta.url))
  return own.includes(`${sep}node_modules${sep}`) ? `^${VERSION}` : `file:${relative(plugin, own)}`
}
