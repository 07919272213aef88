// Somebody who registers, admits, follows and moves patients without a pause, and remembers what was answered.
import { setTimeout as wait } from 'node:timers/promises'

const KINDS = ['patient', 'consultation', 'round', 'shift', 'change'] as const
type Kind = (typeof KINDS)[number]

/** What was answered, by kind; of a change the latest text of each request, and the one under way. */
export interface Answered {
  readonly ids: Readonly<Record<Exclude<Kind, 'change'>, string[]>>
  readonly changes: Map<string, { readonly told: string; readonly asked: string }>
  changed: number
  refused: number
  readonly odd: Set<string>
}

/** One who writes at a steady rate until told to stop, whatever answers. */
export class Writer {
  readonly answered: Answered = {
    ids: { patient: [], consultation: [], round: [], shift: [] },
    changes: new Map(),
    changed: 0,
    refused: 0,
    odd: new Set()
  }
  readonly #free: Record<'patient' | 'shift', string[]> = { patient: [], shift: [] }
  readonly #url: string
  readonly #token: string
  readonly #place: { readonly facility: string; readonly doctor: number; readonly diagnosis: number }
  #count = 0
  #shifts = 0
  #open = 0
  #ended = false

  constructor(url: string, token: string, place: { facility: string; doctor: number; diagnosis: number }) {
    this.#url = url
    this.#token = token
    this.#place = place
  }

  async run(perSecond: number): Promise<void> {
    const begin = performance.now()
    for (let n = 0; !this.#ended; n++) {
      const pause = begin + (n * 1000) / perSecond - performance.now()
      if (pause > 1) await wait(pause)
      // A server that is slower than asked is not buried: what is open stays within what a proxy would hold.
      while (this.#open > 60 && !this.#ended) await wait(2)
      void this.#write(KINDS[n % KINDS.length] ?? 'patient')
    }
    while (this.#open > 0) await wait(10)
  }

  /** Until so many seconds have gone by and something of every kind was answered since, on a slow machine longer. Writes answered per second. */
  async progress(seconds: number): Promise<number> {
    const [before, from] = [this.#counts(), performance.now()]
    for (
      let tenth = 0;
      tenth < seconds * 10 || (tenth < 300 && this.#counts().some((count, at) => count < (before[at] ?? 0) + 3));
      tenth++
    )
      await wait(100)
    const answered = this.#counts().reduce((sum, count, at) => sum + count - (before[at] ?? 0), 0)
    return (answered * 1000) / (performance.now() - from)
  }

  #counts(): number[] {
    const { ids, changed } = this.answered
    return [...Object.values(ids).map(({ length }) => length), changed]
  }

  end(): void {
    this.#ended = true
  }

  async #write(kind: Kind): Promise<void> {
    this.#open++
    try {
      if (kind === 'patient') await this.#patient()
      else if (kind === 'consultation') await this.#of('patient', of => this.#consultation(of))
      else if (kind === 'round') await this.#any(of => this.#round(of))
      else if (kind === 'shift') await this.#shift()
      else await this.#of('shift', of => this.#change(of))
    } finally {
      this.#open--
    }
  }

  async #patient(): Promise<void> {
    const n = ++this.#count
    const made = await this.#send('POST', '/api/v1/patient/', {
      facility: this.#place.facility,
      name: `Crash ${n}`,
      gender: 1,
      blood_group: 'O+',
      is_antenatal: false,
      date_of_birth: '1990-05-17',
      phone_number: `+9198${String(10_000_000 + n)}`,
      medical_history: [{ disease: 'Diabetes', details: 'since long' }],
      meta_info: { occupation: 'TEACHER' }
    })
    if (made) this.#keep('patient', made)
  }

  async #consultation(patient: string): Promise<void> {
    const made = await this.#send('POST', '/api/v1/consultation/', {
      patient,
      suggestion: 'HI',
      route_to_facility: 10,
      category: 'Stable',
      patient_no: `C-${patient}`,
      treating_physician: this.#place.doctor,
      encounter_date: '2024-06-01T10:00:00+05:30',
      create_diagnoses: [{ diagnosis: this.#place.diagnosis, is_principal: true, verification_status: 'confirmed' }],
      create_symptoms: [{ symptom: 4, onset_date: '2024-05-28' }]
    })
    if (made) this.answered.ids.consultation.push(made)
  }

  async #round(consultation: string): Promise<void> {
    const made = await this.#send('POST', `/api/v1/consultation/${consultation}/daily_rounds/`, {
      rounds_type: 'NORMAL',
      taken_at: '2024-06-02T10:00:00+05:30',
      pulse: 80,
      other_details: 'as before'
    })
    if (made) this.answered.ids.round.push(made)
  }

  async #shift(): Promise<void> {
    const patient = this.answered.ids.patient[this.#shifts]
    if (patient === undefined) return
    this.#shifts++
    const made = await this.#send('POST', '/api/v1/shift/', {
      patient,
      origin_facility: this.#place.facility,
      status: 'APPROVED',
      assigned_facility_external: 'Abroad'
    })
    if (made) this.#keep('shift', made)
  }

  /** One change of a request at a time, so that the last one answered is what is there, or the one that was under way. */
  async #change(shift: string): Promise<void> {
    const asked = `change ${++this.#count}`
    const told = this.answered.changes.get(shift)?.told ?? ''
    this.answered.changes.set(shift, { told, asked })
    const done = await this.#send('PATCH', `/api/v1/shift/${shift}/`, { comments: asked, status: 'ON HOLD' })
    if (done) {
      this.answered.changes.set(shift, { told: asked, asked })
      this.answered.changed++
    }
    // Where no answer came, the change may still be under way: nobody asks for another one.
    if (done) this.#free.shift.push(shift)
  }

  #keep(kind: 'patient' | 'shift', id: string): void {
    this.answered.ids[kind].push(id)
    this.#free[kind].push(id)
  }

  async #of(kind: 'patient' | 'shift', write: (id: string) => Promise<void>): Promise<void> {
    const id = this.#free[kind].shift()
    if (id !== undefined) await write(id)
  }

  async #any(write: (id: string) => Promise<void>): Promise<void> {
    const ids = this.answered.ids.consultation
    const id = ids[this.#count % Math.max(1, ids.length)]
    if (id !== undefined) await write(id)
  }

  /** The id of what was written; nothing where no answer came, or one that takes nothing upon it. */
  async #send(method: string, path: string, body: object): Promise<string | undefined> {
    try {
      const answer = await fetch(this.#url + path, {
        method,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.#token}` },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(20_000)
      })
      const text = await answer.text()
      if (answer.ok) return (JSON.parse(text) as { id: string }).id
      this.answered.refused++
      // 503 is the fault's; a patient whose request was written and not answered has one.
      if (answer.status !== 503 && !/already exists/.test(text))
        this.answered.odd.add(`${method} ${path.replace(/[0-9a-f-]{36}/g, '…')} ${answer.status} ${text.slice(0, 100)}`)
    } catch {
      this.answered.refused++
    }
    return undefined
  }
}
