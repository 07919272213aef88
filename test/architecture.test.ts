import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../../', import.meta.url))
const SPINE = ['plugin', 'graph', 'plan', 'scope', 'kernel']
const sources = ['kernel', 'plugins'].flatMap(folder => files(join(root, folder)))
const lines = (file: string) => readFileSync(file, 'utf8').split('\n').length - 1

t.test('sizes', async t => {
  for (const file of sources) {
    const name = relative(root, file)
    const most = name.startsWith('kernel/') ? 250 : 300
    t.ok(lines(file) <= most, `${name} has ${lines(file)} lines, at most ${most}`)
    if (name.endsWith('/plugin.ts') && name.startsWith('plugins/')) t.ok(lines(file) <= 80, `${name} is a table of contents`)
  }
  const spine = SPINE.reduce((sum, name) => sum + lines(join(root, 'kernel', `${name}.ts`)), 0)
  t.ok(spine <= 700, `the spine has ${spine} lines, at most 700`)
})

t.test('imports', async t => {
  for (const file of sources) {
    const name = relative(root, file)
    for (const target of imports(file)) {
      if (name.startsWith('plugins/')) {
        const own = dirname(name).split('/').slice(0, 2).join('/')
        const inside = !target.startsWith('.') || relative(root, resolve(dirname(file), target)).startsWith(`${own}/`)
        t.ok(inside, `${name} imports ${target}: only its own folder, packages, care-kernel and contracts`)
        if (target.startsWith('care-kernel'))
          t.match(target, /^care-kernel(\/testing|\/contracts\/[a-z0-9-]+)?$/, `${name} imports ${target}`)
      } else if (target.startsWith('.'))
        t.notOk(relative(root, resolve(dirname(file), target)).startsWith('plugins/'), `${name} imports no plugin`)
    }
  }
})

t.test('no cycles inside the kernel or a plugin', async t => {
  const graph = new Map(
    sources.map(file => [
      file,
      imports(file, true)
        .filter(target => target.startsWith('.'))
        .map(target => resolve(dirname(file), target))
    ])
  )
  const state = new Map<string, 'open' | 'done'>()
  const visit = (file: string, path: string[]): void => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open')
      return void t.fail(`cycle: ${[...path.slice(path.indexOf(file)), file].map(part => relative(root, part)).join(' → ')}`)
    state.set(file, 'open')
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
    state.set(file, 'done')
  }
  for (const file of sources) visit(file, [])
  t.pass('every file was visited')
})

t.test('habits', async t => {
  for (const file of sources) {
    const text = readFileSync(file, 'utf8')
    const name = relative(root, file)
    if (!name.endsWith('ports/clock.ts')) t.notMatch(text, /\bDate\.now\(\)/, `${name} asks the clock port for the time`)
    t.notMatch(text, /^export default (?!define(Plugin|Gateway)\()/m, `${name} has named exports`)
    t.notMatch(text, /^(let|var) /m, `${name} keeps no mutable state in the module`)
    t.match(name, /^[a-z0-9./-]+$/, `${name} is kebab-case`)
  }
  const owners = readdirSync(join(root, 'migrations')).filter(owner => owner !== 'kernel')
  for (const owner of owners)
    t.ok(sources.includes(join(root, 'plugins', owner, 'plugin.ts')), `migrations/${owner} belongs to a plugin`)
})

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry =>
    entry.isDirectory() ? files(join(folder, entry.name)) : entry.name.endsWith('.ts') ? [join(folder, entry.name)] : []
  )
}

/** Targets of static imports; `values` leaves out those that only import types, which vanish in the compiled code. */
function imports(file: string, values = false): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s+(type\s)?(?:[^'"]*?\sfrom\s+)?'([^']+)'/gm)]
    .filter(match => !(values && match[1]))
    .map(match => match[2] ?? '')
}
