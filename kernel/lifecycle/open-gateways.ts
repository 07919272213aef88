import type { ChosenGateway, Composition } from './compose.ts'
import { within } from './deadline.ts'
import { messageOf, ProblemsError, refuse, type Problem } from '../plugin/problems.ts'
import type { GatewayContext } from '../plugin/gateway.ts'
import { PORT_NAMES, type PortName, type Ports } from '../ports/index.ts'

/** Something that runs and can be stopped. */
export interface Started {
  readonly name: string
  readonly stop: () => Promise<void>
}

/**
 * Opens every chosen gateway, side by side but for those that come after another; what was opened is noted in `started`. Throws
 * ProblemsError after closing all again.
 */
export async function openPorts(
  { gateways }: Composition,
  context: Omit<GatewayContext, 'ports'>,
  started: Started[],
  onOpened?: (line: string) => void
): Promise<Partial<Ports>> {
  const opening = new Map<PortName, Promise<Ports[PortName] | undefined>>()
  const problems: Problem[] = []
  // In the order of PORT_NAMES, so that whatever comes after something finds it being opened.
  for (const port of PORT_NAMES) {
    const chosen = gateways.get(port)
    if (chosen) opening.set(port, open(port, chosen))
  }
  const ports = await opened([...opening.keys()])

  if (problems.length > 0) {
    await Promise.allSettled([context.app.close(), ...started.map(({ stop }) => stop())])
    refuse('Cannot start', problems)
  }
  return ports

  async function open(port: PortName, { gateway, settings }: ChosenGateway): Promise<Ports[PortName] | undefined> {
    const logger = context.logger.child({ gateway: gateway.name })
    const after = gateway.after?.filter(name => opening.has(name)) ?? []
    try {
      const earlier = await opened(after)
      // What it comes after could not be opened: that problem is enough.
      if (after.some(name => !earlier[name])) return undefined
      const made = await gateway.open(settings, { ...context, logger, ports: earlier })
      started.push({ name: `port ${port}`, stop: () => made.close() })
      onOpened?.(`${port.padEnd(9)} ${gateway.name}`)
      return made
    } catch (cause) {
      problems.push({
        code: 'GATEWAY_UNREACHABLE',
        owner: gateway.name,
        fact: messageOf(cause),
        remedy: `check gateways.${port}; \`care-kernel doctor\` tries every part of it`,
        cause
      })
      return undefined
    }
  }

  async function opened(names: readonly PortName[]): Promise<Partial<Ports>> {
    const entries = await Promise.all(names.map(async name => [name, await opening.get(name)] as const))
    return Object.fromEntries(entries.filter(([, port]) => port !== undefined))
  }
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
