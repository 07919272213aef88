import type { FastifyInstance } from 'fastify'
import type { Static, TSchema } from 'typebox'
import type { Deployment } from './deployment.ts'
import type { Clock } from '../ports/clock.ts'
import type { PortName, Ports } from '../ports/index.ts'
import type { Logger } from '../ports/logger.ts'

/** What `open` of a gateway gets. On `app` it registers plugins of Fastify's ecosystem and mounts routes, where it serves any. */
export interface GatewayContext {
  readonly app: FastifyInstance
  readonly clock: Clock
  readonly logger: Logger
  readonly deployment: Deployment
  /** The ports it comes `after`, open; those the deployment has no gateway for are absent. */
  readonly ports: Readonly<Partial<Ports>>
}

/** A finding of `doctor` or of the plan about a gateway's settings. */
export interface Finding {
  readonly ok: boolean
  readonly fact: string
  readonly remedy?: string
}

export interface GatewayInput<P extends PortName, Cfg extends TSchema> {
  readonly port: P
  readonly name: string
  readonly summary: string
  readonly config: Cfg
  /** Whether several processes may use it side by side; the plan refuses those that may not where several run. */
  readonly shared: boolean
  /** Ports whose gateways are opened first and given to `open`. Only ports listed earlier in PORT_NAMES, so that there are no cycles. */
  readonly after?: readonly PortName[]
  /** Properties of the port that follow from the settings alone: readable before the port is open, as routes are mounted. */
  constants?(config: Static<Cfg>, deployment: Deployment): Partial<Ports[P]>
  /** Connects; the port it returns is closed by the kernel. */
  open(config: Static<Cfg>, context: GatewayContext): Promise<Ports[P]>
  /** More than `check`: what an operator should know, each finding with its remedy. */
  doctor?(port: Ports[P], config: Static<Cfg>): Promise<readonly Finding[]>
}

/** A gateway as the kernel sees it. */
export interface Gateway extends Omit<GatewayInput<PortName, TSchema>, 'open' | 'doctor' | 'constants'> {
  constants?(config: unknown, deployment: Deployment): Partial<Ports[PortName]>
  open(config: unknown, context: GatewayContext): Promise<Ports[PortName]>
  doctor?(port: Ports[PortName], config: unknown): Promise<readonly Finding[]>
}

const MADE = Symbol.for('care-kernel.gateway')

/** Declares a gateway: one implementation of one port. */
export function defineGateway<P extends PortName, Cfg extends TSchema>(gateway: GatewayInput<P, Cfg>): Gateway {
  return Object.freeze({ ...gateway, [MADE]: true })
}

/** Whether `defineGateway` made it, this copy of the kernel or another. */
export function isGateway(value: unknown): value is Gateway {
  return typeof value === 'object' && value !== null && MADE in value
}
