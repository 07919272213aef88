// `care-kernel/jobs`: what handlers of jobs and events are written with.
export type { EnqueueOptions, Handling, Job, Schedule } from '../../kernel/plugin/jobs.ts'
export { jobState, type JobState } from './admin.ts'
