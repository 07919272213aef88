import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root, run } from './deployment.ts'

const contract = join(process.env.CARE_CONTRACT ?? join(root, '../shared'), 'contract')

t.test(
  'the recordings and the authorisation matrix of the contract',
  { skip: existsSync(contract) ? false : `there is no contract at ${contract}` },
  async t => {
    const { code, output } = await run(process.execPath, [join(root, 'dist/test/system/contract.js')])
    for (const line of output.split('\n').filter(line => /^(total|cells) /.test(line))) t.comment(line)
    t.equal(code, 0, code === 0 ? 'nothing differs' : output)
  }
)
