import { definePlugin } from 'care-kernel'
import { invalidateResponses } from 'care-kernel/rest'
import { commands } from './commands.ts'
import { demo } from './demo/index.ts'
import { recordNote, referMoved } from './hooks.ts'
import { manifest } from './manifest.ts'
import {
  ConsultationClinician,
  ConsultationDiagnosis,
  DailyRound,
  EncounterSymptom,
  EventType,
  Icd11Diagnosis,
  PatientConsent,
  PatientConsultation,
  PatientConsultationEvent
} from './models.ts'
import { consultationRules } from './policy.ts'
import { EVENT_TYPES } from './routes/events.ts'
import { routes } from './routes/index.ts'
import { consultationRowAccess } from './row-access.ts'
import { services } from './services.ts'
import { fills } from './slots.ts'

export default definePlugin({
  ...manifest,
  models: [
    Icd11Diagnosis,
    EventType,
    PatientConsultation,
    ConsultationClinician,
    DailyRound,
    ConsultationDiagnosis,
    EncounterSymptom,
    PatientConsent,
    PatientConsultationEvent
  ],
  migrations: new URL('../../migrations/consultations/', import.meta.url),
  services,
  permissions: { rules: consultationRules, rowAccess: consultationRowAccess },
  fills,
  hooks: { 'patients/patient-moving': referMoved, 'patients/note-written': recordNote },
  routes,
  commands,
  demo,
  afterLoad: ({ cache }) => invalidateResponses(cache, EVENT_TYPES)
})
