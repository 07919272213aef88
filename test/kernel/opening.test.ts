import { makeLogger } from '../../platform/data/logger.ts'
import { systemClock } from '../../kernel/lifecycle/system-clock.ts'
import { deploymentOf } from '../../kernel/lifecycle/deployment.ts'
import type { ChosenGateway } from '../../kernel/lifecycle/load.ts'
import { setTimeout as wait } from 'node:timers/promises'
import fastify from 'fastify'
import t from 'tap'
import { Type } from 'typebox'
import { ProblemsError } from '../../kernel/plugin/problems.ts'
import type { Gateway, GatewayContext } from '../../kernel/plugin/gateway.ts'
import { openGateways, type Stoppable } from '../../kernel/lifecycle/open-gateways.ts'
import type { PortName, Ports } from '../../kernel/ports/index.ts'
import { rootDefaults } from '../../platform/testing/defaults.ts'

const context = () => ({
  app: fastify(),
  clock: systemClock(),
  logger: makeLogger('silent', {}),
  deployment: deploymentOf(rootDefaults())
})

/** A gateway that notes when it is opened and closed. */
function gateway(
  port: PortName,
  log: string[],
  over: { after?: readonly PortName[]; open?: (context: GatewayContext) => void } = {}
): [PortName, ChosenGateway] {
  const made: Gateway = {
    port,
    name: `${port}-noted`,
    summary: '',
    config: Type.Object({}),
    shared: true,
    ...(over.after ? { after: over.after } : {}),
    async open(_, given) {
      log.push(`opening ${port} with ${Object.keys(given.ports).join(', ') || 'nothing'}`)
      await wait(20)
      over.open?.(given)
      log.push(`${port} is open`)
      return { check: async () => undefined, close: async () => void log.push(`${port} is closed`) } as unknown as Ports[PortName]
    }
  }
  return [port, { gateway: made, settings: {} }]
}

const composed = (...gateways: [PortName, ChosenGateway][]) => new Map(gateways)

t.test('a gateway that comes after another gets its port; the others open side by side', async t => {
  const log: string[] = []
  const started: Stoppable[] = []
  const opened: string[] = []
  const ports = await openGateways(
    composed(gateway('queue', log, { after: ['database'] }), gateway('cache', log), gateway('database', log)),
    context(),
    started,
    line => opened.push(line)
  )
  t.strictSame(Object.keys(ports).sort(), ['cache', 'database', 'queue'])
  t.strictSame(log.slice(0, 2), ['opening database with nothing', 'opening cache with nothing'])
  t.ok(log.indexOf('opening queue with database') > log.indexOf('database is open'))
  t.equal(opened.length, 3)
  for (const { stop } of started.reverse()) await stop()
  t.ok(log.indexOf('queue is closed') < log.indexOf('database is closed'), 'it is closed before')
})

t.test('what it comes after may be absent, and is never one that comes later', async t => {
  const log: string[] = []
  await openGateways(
    composed(gateway('queue', log, { after: ['database', 'sms'] }), gateway('sms', log, { after: ['queue'] })),
    context(),
    []
  )
  t.ok(log.includes('opening queue with nothing'))
  t.ok(log.includes('opening sms with queue'))
})

t.test('where the first fails that is the only problem, and what is open can be closed again', async t => {
  const log: string[] = []
  const started: Stoppable[] = []
  const fail = () => {
    throw new Error('no such server')
  }
  const opening = openGateways(
    composed(gateway('database', log, { open: fail }), gateway('cache', log), gateway('queue', log, { after: ['database'] })),
    context(),
    started
  )
  const error = await opening.then(
    () => undefined,
    (cause: unknown) => cause
  )
  t.ok(error instanceof ProblemsError)
  t.match((error as ProblemsError).problems, [{ code: 'GATEWAY_UNREACHABLE', owner: 'database-noted', fact: 'no such server' }])
  t.notMatch(log, ['opening queue'])
  for (const { stop } of started) await stop()
  t.ok(log.includes('cache is closed'))
})
