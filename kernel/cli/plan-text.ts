import type { Plan } from '../plan.ts'

/** One line per thing, under a heading per kind: what people review and `--diff` compares. */
export function renderPlan(plan: Plan): string {
  const { kernel, deployment, environment, ...sections } = plan
  const lines = [`deployment ${deployment} (${environment}), care-kernel ${kernel}`]
  for (const [kind, entries] of Object.entries(sections)) {
    const flat = (Array.isArray(entries) ? { [kind]: entries } : entries) as Record<string, unknown[]>
    for (const [heading, items] of Object.entries(flat))
      lines.push('', `${heading} (${items.length})`, ...items.map(item => `  ${render(item)}`))
  }
  return lines.join('\n')
}

/** The lines of one plan that the other lacks, both ways, with their headings. */
export function diffPlans(from: Plan, to: Plan): string {
  const [before, after] = [keyed(renderPlan(from)), keyed(renderPlan(to))]
  const lines = [
    ...[...before].filter(line => !after.has(line)).map(line => `- ${line}`),
    ...[...after].filter(line => !before.has(line)).map(line => `+ ${line}`)
  ]
  return lines.length > 0 ? lines.sort((a, b) => a.slice(2).localeCompare(b.slice(2))).join('\n') : 'no difference'
}

function render(item: unknown): string {
  return typeof item === 'string'
    ? item
    : Object.entries(item as object)
        .map(([key, value]) => (Array.isArray(value) ? `${key}=[${value.join(', ')}]` : `${key}=${String(value)}`))
        .join('  ')
}

function keyed(text: string): Set<string> {
  let heading = ''
  return new Set(
    text.split('\n').flatMap(line => {
      if (!line.startsWith('  ')) heading = line.replace(/ \(\d+\)$/, '')
      return line.startsWith('  ') ? [`${heading}: ${line.trim()}`] : []
    })
  )
}
