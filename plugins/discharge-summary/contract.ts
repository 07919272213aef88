import { defineContract, type, type Tx } from 'care-kernel'

/** What other plugins do with discharge summaries. */
export interface DischargeSummaries {
  /**
   * Enqueues the job that makes a summary of this consultation, unless one is waiting. Its id. The file is found by the service `files` of
   * the plugin `files`: type `FILE_TYPE.dischargeSummary`, uuid of the consultation.
   */
  request(tx: Tx, consultationId: number): Promise<string>
}

/** The document a patient is handed when a stay ends. */
export const dischargeSummary = defineContract({
  name: 'discharge-summary',
  version: 1,
  services: type<{ summaries: DischargeSummaries }>(),
  slots: {
    /** Facts of other plugins, each field an array of objects as JSON; `c` is the row of the consultation. */
    consultation: {
      alias: 'c',
      fields: {
        /**
         * Prescriptions in the order they are printed: `prescription_type` (REGULAR, DISCHARGE), `dosage_type` (REGULAR, TITRATED, PRN), `medicine`,
         * `base_dosage`, `target_dosage`, `route`, `frequency`, `days`, `indicator`.
         */
        prescriptions: "'[]'::json",
        /** Samples: `requested_on`, `sample_type`, `label`, `result`, all but the time as printed. */
        samples: "'[]'::json",
        /** Values of investigations with a value or notes: `group`, `name`, `value`, `notes`, `unit`, `min`, `max`, `date`. */
        investigations: "'[]'::json"
      }
    }
  }
})
