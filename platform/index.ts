// `care-kernel/platform`: for programs that run a deployment themselves instead of by the command line.
export { readConfig } from '../kernel/config/read.ts'
export type { Contribution, Role } from '../kernel/contributions/contribution.ts'
export { systemClock } from '../kernel/lifecycle/system-clock.ts'
export { openCare, planCare, type CareKernel, type CareOptions, type PlannedCare } from './care-kernel.ts'
export { contributions } from './contributions.ts'
export { makeLogger, Redaction } from './data/logger.ts'
