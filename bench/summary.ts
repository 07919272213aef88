// Measures discharge summaries: processor time and wall time per document, the first one (which starts the process) and those after it.
// Needs Linux. BENCH_DOCUMENTS (200).
import { readFileSync } from 'node:fs'
import type { Document } from '../plugins/discharge-summary/blocks.ts'
import { Typesetter } from '../plugins/discharge-summary/typesetter.ts'
import { cpuOf, memoryOf } from './process.ts'

const documents = Number(process.env.BENCH_DOCUMENTS ?? 200)
const document = JSON.parse(
  readFileSync(new URL('../../test/plugins/discharge-summary.json', import.meta.url), 'utf8')
) as Document
const typesetter = new Typesetter({ config: { template: '', logo: '', fonts: '' } })
const children = () =>
  readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)

/** Seconds of processor and milliseconds of wall time; undefined where the worker was replaced meanwhile. */
async function once(running: string): Promise<{ cpu: number; wall: number } | undefined> {
  const [before, at] = [children(), performance.now()]
  const cpu = cpuOf([process.pid, ...before])
  await typesetter.typeset({ ...document, running }, new Date())
  const after = children()
  return before.every(pid => after.includes(pid))
    ? { cpu: cpuOf([process.pid, ...after]) - cpu, wall: performance.now() - at }
    : undefined
}
const show = (name: string, { cpu, wall }: { cpu: number; wall: number }) =>
  console.log(`${name.padEnd(8)} ${(cpu * 1000).toFixed(0).padStart(4)} ms CPU ${wall.toFixed(0).padStart(6)} ms`)

const first = await once('first')
if (first) show('first', first)
const others = []
for (let n = 0; n < documents; n++) others.push(await once(`patient ${n}`))
const whole = others.filter(one => one !== undefined)
const mean = (of: 'cpu' | 'wall') => whole.reduce((sum, one) => sum + one[of], 0) / whole.length
show('others', { cpu: mean('cpu'), wall: mean('wall') })
console.log(
  `${documents - whole.length} of ${documents} were the last of their process; it has ${memoryOf(children()[0] ?? process.pid).toFixed(0)} MB now`
)
typesetter.stop()
