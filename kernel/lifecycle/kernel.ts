import type { Contribution, HealthCheck, Opened, OnStop, Running } from '../contributions/contribution.ts'
import type { GatewayContext } from '../plugin/gateway.ts'
import { messageOf } from '../plugin/problems.ts'
import { within } from './deadline.ts'
import { deploymentOf } from './deployment.ts'
import { openGateways, type Stoppable } from './open-gateways.ts'
import type { PlannedKernel } from './plan.ts'

/** A deployment with its ports open. Commands run in this state; `start` makes it serve and work. */
export interface OpenKernel extends PlannedKernel, Opened {
  /** Starts every contribution in order. Throws ProblemsError; the caller then calls `stop`. */
  start(): Promise<void>
  /** Stops what was started in reverse order, ports last. Every step has a deadline; safe to call twice. */
  stop(): Promise<void>
}

/** Opens the gateways of a plan, side by side. Throws ProblemsError after closing what was opened. */
export async function openKernel(planned: PlannedKernel, onOpened?: (line: string) => void): Promise<OpenKernel> {
  const { contributions, root, logger, clock, deferred, of } = planned
  const started: Stoppable[] = []
  const running = new Map<Contribution, Running>()
  const onStop: OnStop = (name, stop) => void started.push({ name, stop })
  let stopping: Promise<void> | undefined
  const kernel: OpenKernel = {
    ...planned,
    running: <R extends Running>(contribution: Contribution<unknown, R>) => running.get(contribution) as R | undefined,
    health: () => Object.assign({}, ...[...running.values()].map(({ health }) => health)) as Record<string, HealthCheck>,
    start,
    stop: () => (stopping ??= stop())
  }
  const context = Object.assign(
    { clock, logger, deployment: deploymentOf(root) },
    ...contributions.map(contribution => contribution.context?.(of(contribution)))
  ) as Omit<GatewayContext, 'ports'>
  try {
    const ports = await openGateways(planned.gateways, context, started, onOpened)
    for (const [name, port] of Object.entries(ports)) deferred.get(name as keyof typeof ports)?.bind(port)
    planned.attach(kernel)
    for (const contribution of contributions) contribution.open?.(of(contribution), kernel, onStop)
  } catch (error) {
    await kernel.stop()
    throw error
  }
  return kernel

  async function start(): Promise<void> {
    for (const contribution of contributions) {
      const runs = await contribution.start?.(of(contribution), kernel, onStop)
      if (runs) running.set(contribution, runs)
    }
  }

  async function stop(): Promise<void> {
    const seconds = root.server.stopSeconds
    for (const { name, stop } of started.reverse()) {
      const late = () => new Error(`took longer than ${seconds} s`)
      await within(stop(), seconds * 1000, late).catch((error: unknown) =>
        logger.error({ code: 'PLUGIN_STOP_FAILED', owner: name, reason: messageOf(error) }, 'not stopped cleanly')
      )
    }
  }
}
