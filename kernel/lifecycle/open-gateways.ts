import type { GatewayContext } from '../plugin/gateway.ts'
import { messageOf, refuse, type Problem } from '../plugin/problems.ts'
import { PORT_NAMES, type PortName, type Ports } from '../ports/index.ts'
import type { ChosenGateway } from './load.ts'

/** Something that runs and can be stopped. */
export interface Stoppable {
  readonly name: string
  readonly stop: () => Promise<void>
}

/**
 * Opens every chosen gateway, side by side but for those that come after another; each one that is open is added to `started`. Throws
 * ProblemsError with every gateway that could not be opened.
 */
export async function openGateways(
  gateways: ReadonlyMap<PortName, ChosenGateway>,
  context: Omit<GatewayContext, 'ports'>,
  started: Stoppable[],
  onOpened?: (line: string) => void
): Promise<Partial<Ports>> {
  const opening = new Map<PortName, Promise<Ports[PortName] | undefined>>()
  const problems: Problem[] = []
  // In the order of PORT_NAMES: a gateway finds those that it comes after among those that are being opened.
  for (const port of PORT_NAMES) {
    const chosen = gateways.get(port)
    if (chosen) opening.set(port, open(port, chosen))
  }
  const ports = await opened([...opening.keys()])
  refuse('Cannot start', problems)
  return ports

  async function open(port: PortName, { gateway, settings }: ChosenGateway): Promise<Ports[PortName] | undefined> {
    const logger = context.logger.child({ gateway: gateway.name })
    const after = gateway.after?.filter(name => opening.has(name)) ?? []
    try {
      const earlier = await opened(after)
      // The problem of the one that could not be opened is enough.
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
