import { defineContract, type, type Tx } from 'care-kernel'

/** What other plugins do with discharge summaries. */
export interface DischargeSummaries {
  /**
   * A summary of this consultation is made soon, unless one is being made already. The id of the job; where the file is, service `files` of
   * the plugin `files` says: type `FILE_TYPE.dischargeSummary`, by the consultation's uuid.
   */
  ask(tx: Tx, consultationId: number): Promise<string>
}

/** The document a patient is handed when a stay ends. */
export const dischargeSummary = defineContract({
  name: 'discharge-summary',
  version: 1,
  services: type<{ summaries: DischargeSummaries }>(),
  slots: {
    /** Sections whose facts other plugins have, each an array of objects as JSON; the consultation's row is `c`. */
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
