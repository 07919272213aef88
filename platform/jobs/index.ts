// `care-kernel/jobs`: what job and event handlers are written with.
export type { EnqueueOptions, Handling, Job, Schedule } from '../../kernel/plugin/jobs.ts'
export { jobState, type JobState } from './admin.ts'
