import type { Composition } from './compose.ts'
import { within } from './deadline.ts'
import { messageOf, ProblemsError, refuse, type Problem } from './errors.ts'
import type { GatewayContext } from './gateway.ts'
import type { PortName, Ports } from './ports/index.ts'

/** Something that runs and can be stopped. */
export interface Started {
  readonly name: string
  readonly stop: () => Promise<void>
}

/** Opens every chosen gateway, side by side; what was opened is noted in `started`. Throws ProblemsError after closing all again. */
export async function openPorts(
  { gateways }: Composition,
  context: GatewayContext,
  started: Started[],
  onOpened?: (line: string) => void
): Promise<Partial<Ports>> {
  const ports: Partial<Record<PortName, Ports[PortName]>> = {}
  const problems: Problem[] = []
  await Promise.all(
    [...gateways].map(async ([port, { gateway, settings }]) => {
      const logger = context.logger.child({ gateway: gateway.name })
      try {
        const opened = await gateway.open(settings, { ...context, logger })
        ports[port] = opened
        started.push({ name: `port ${port}`, stop: () => opened.close() })
        onOpened?.(`${port.padEnd(9)} ${gateway.name}`)
      } catch (cause) {
        problems.push({
          code: 'GATEWAY_UNREACHABLE',
          owner: gateway.name,
          fact: messageOf(cause),
          remedy: `check gateways.${port}; \`care-kernel doctor\` tries every part of it`,
          cause
        })
      }
    })
  )
  if (problems.length > 0) {
    await Promise.allSettled([context.app.close(), ...started.map(({ stop }) => stop())])
    refuse('Cannot start', problems)
  }
  return ports as Partial<Ports>
}

/** Waits at most `seconds`; whoever is late is named. */
export async function inTime(work: Promise<unknown>, seconds: number, owner: string): Promise<void> {
  const overdue = () =>
    new ProblemsError('Cannot go on', [
      { code: 'PLUGIN_START_OVERDUE', owner, fact: `took longer than ${seconds} s`, remedy: 'move the work into a job' }
    ])
  try {
    await within(work, seconds * 1000, overdue)
  } catch (cause) {
    if (cause instanceof ProblemsError) throw cause
    throw new ProblemsError('Cannot go on', [
      { code: 'PLUGIN_START_FAILED', owner, fact: messageOf(cause), remedy: 'see the cause', cause }
    ])
  }
}
