/**
 * Unit files of systemd that keep a node running.
 * https://www.freedesktop.org/software/systemd/man/systemd.service.html
 */

export interface ServiceUnit {
  readonly description: string;
  /** A program and its arguments, none of which a shell sees. */
  readonly words: readonly string[];
  /** More lines of [Service]. */
  readonly service: readonly string[];
  readonly wantedBy: string;
}

export function unitFile({ description, words, service, wantedBy }: ServiceUnit): string {
  return `[Unit]
Description=${specifierSafe(description)}
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=${words.map(serviceWord).join(" ")}
${service.map((line) => `${line}\n`).join("")}Restart=on-failure
RestartSec=5
TimeoutStopSec=30
KillMode=mixed

[Install]
WantedBy=${wantedBy}
`;
}

/** A word of ExecStart: systemd reads escapes, $VARIABLES and %specifiers in it. */
function serviceWord(text: string): string {
  return `"${specifierSafe(text).replace(/["\\]/g, "\\$&").replaceAll("$", "$$$$")}"`;
}

function specifierSafe(text: string): string {
  return text.replaceAll("%", "%%");
}
