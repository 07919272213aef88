import { definePlugin } from 'care-kernel'
import { invalidateResponses } from 'care-kernel/rest'
import { authPermissions, USER } from 'care-kernel/contracts/auth-permissions'
import { CAPACITY, facilities, FACILITY, MEMBER } from 'care-kernel/contracts/facilities'
import { NOTE, PATIENT, PATIENT_HISTORY, patients } from 'care-kernel/contracts/patients'
import { places } from 'care-kernel/contracts/places'
import { ChangeLog } from './change-log.ts'
import { commands } from './commands.ts'
import { consentRoutes } from './consent-routes.ts'
import { consultationRoutes } from './consultation-routes.ts'
import { ConsultationService } from './consultations.ts'
import { consultations } from './contract.ts'
import { demo } from './demo.ts'
import { diagnosisRoutes } from './diagnosis-routes.ts'
import { EVENT_TYPES, eventRoutes } from './event-routes.ts'
import { fillings, recordNote, referMoved } from './fillings.ts'
import { icdRoutes } from './icd-routes.ts'
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
import { roundRoutes } from './round-routes.ts'
import { consultationRowAccess } from './row-access.ts'
import { Settings } from './settings.ts'
import { symptomRoutes } from './symptom-routes.ts'

export default definePlugin({
  contract: consultations,
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Consultations: diagnoses, symptoms, daily rounds, what changed, consents; ICD-11',
  requires: [places, authPermissions, facilities, patients],
  reads: [CAPACITY, FACILITY, MEMBER, NOTE, PATIENT, PATIENT_HISTORY, USER],
  ports: ['database', 'cache'],
  config: Settings,
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
  services: { changeLog: ChangeLog, consultations: ConsultationService },
  permissions: { rules: consultationRules, rowAccess: consultationRowAccess },
  fills: fillings,
  hooks: { 'patients/patient-moving': referMoved, 'patients/note-written': recordNote },
  routes(app, scope) {
    consultationRoutes(app, scope)
    diagnosisRoutes(app, scope)
    symptomRoutes(app, scope)
    roundRoutes(app, scope)
    eventRoutes(app, scope)
    consentRoutes(app, scope)
    icdRoutes(app, scope)
  },
  commands,
  demo,
  afterLoad: ({ cache }) => invalidateResponses(cache, EVENT_TYPES)
})
