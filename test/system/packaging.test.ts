import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import { emptyDatabase, root, run } from './deployment.ts'

// What a third party does: installs the packages in a folder of its own and runs them there, with no path into this repository.

const folder = mkdtempSync(join(tmpdir(), 'care-packaging-'))
const NPM = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--loglevel=error']

async function npm(args: readonly string[], cwd: string): Promise<string> {
  const { code, output } = await run('npm', ['--prefix', cwd, ...args], { cwd })
  if (code !== 0) throw new Error(`npm ${args.join(' ')} ended with ${code}:\n${output}`)
  return output
}

async function pack(source: string): Promise<string> {
  const target = mkdtempSync(join(folder, 'pack-'))
  await npm(['pack', '--ignore-scripts', '--pack-destination', target], source)
  return join(target, readdirSync(target)[0] ?? '')
}

const reachable = await run('npm', ['view', 'tap@21.8.0', 'version', '--loglevel=error'])
const skip = reachable.code === 0 || process.env.REQUIRE_SERVICES === '1' ? false : 'the package registry is not reachable'

t.test('both packages, packed and installed in an empty folder', { skip, timeout: 280_000 }, async t => {
  const home = join(folder, 'deployment')
  mkdirSync(home)
  writeFileSync(join(home, 'package.json'), JSON.stringify({ name: 'deployment', private: true, type: 'module' }))
  const packages = await Promise.all([pack(root), pack(join(root, 'examples/blood-bank'))])
  await npm(['install', ...NPM, ...packages, 'tap@21.8.0'], home)

  const database = await emptyDatabase()
  t.teardown(database.drop)
  writeFileSync(
    join(home, 'care.yaml'),
    stringify({
      extends: './node_modules/care-kernel/config/default.yaml',
      plugins: { '@acme/blood-bank': { minimumUnits: 2 } },
      gateways: { database: { use: 'database-postgres', url: database.url } }
    })
  )
  const care = async (...args: string[]) => {
    const { code, output } = await run(join(home, 'node_modules/.bin/care-kernel'), [...args, '--config', 'care.yaml'], {
      cwd: home
    })
    t.equal(code, 0, code === 0 ? args.join(' ') : output.slice(-1500))
    return output
  }
  t.match(await care('plan'), /blood-bank +GET +\/api\/v1\/blood_unit\//)
  t.match(await care('plan', '--diff', 'node_modules/care-kernel/config/default.yaml'), /^- .*blood_bank_unit/m)
  await care('migrate')
  await care('doctor')

  const installed = join(home, 'node_modules/@acme/blood-bank')
  t.notOk(readdirSync(installed).includes('test'), 'tests are not shipped')
  cpSync(join(root, 'examples/blood-bank/test'), join(installed, 'test'), { recursive: true })
  for (const test of readdirSync(join(installed, 'test'))) {
    const { code, output } = await run(process.execPath, [join(installed, 'test', test)], { cwd: home })
    t.equal(code, 0, code === 0 ? `its own ${test} passes there` : output.slice(-1500))
  }

  await t.test('the gateway of the guide passes the suite of its port', async t => {
    const guide = readFileSync(join(root, 'docs/plugin-guide.md'), 'utf8')
    const files = [...guide.matchAll(/^```js\n\/\/ sms-acme\/(\S+)\n([\s\S]*?)^```$/gm)]
    t.strictSame(
      files.map(([, name]) => name),
      ['gateway.js', 'gateway.test.js']
    )
    mkdirSync(join(home, 'sms-acme'))
    for (const [, name = '', text = ''] of files) writeFileSync(join(home, 'sms-acme', name), text)
    const { code, output } = await run(process.execPath, ['sms-acme/gateway.test.js'], { cwd: home })
    t.equal(code, 0, output.slice(-1500))
    t.match(output, /^ok 1 - a message arrives as it was written/m)
  })
})

t.test('`plugin new` writes a plugin whose test passes', { skip, timeout: 200_000 }, async t => {
  const plugin = join(folder, 'ward-round')
  const made = await run(process.execPath, [
    join(root, 'bin/care-kernel.js'),
    'plugin',
    'new',
    'ward-round',
    '--directory',
    plugin
  ])
  t.equal(made.code, 0)
  t.match(made.output, /npm install && npm test/)
  await npm(['install', ...NPM], plugin)
  const { code, output } = await run('npm', ['test'], { cwd: plugin })
  t.equal(code, 0, code === 0 ? 'its test passes' : output.slice(-1500))
  t.match(output, /ok 1 - ward round/)
})
