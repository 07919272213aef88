import t from 'tap'
import { crash, SHORT } from './crash.ts'

// Two kills; ten of them: `node dist/test/system/crash.js --long`.
t.test(
  'server and database are killed while hospitals write: what was answered is there, whole',
  { timeout: 240_000 },
  async t => {
    const { facts, failures } = await crash(SHORT)
    t.same(failures, [], facts)
    t.comment(facts)
  }
)
