/** What the tests of the benchmarks share: a row as a scenario gives it, and the import of their parts. */

// Plain JavaScript without types of its own, as the scripts are: imported by address, so that none are looked for.
export const benchmark = (file: string) => import(new URL(`../../benchmarks/${file}`, import.meta.url).href);

export interface Row {
  scenario: string;
  peer: string;
  metric: string;
  unit: string;
  params: Record<string, unknown>;
  values: number[];
}

export const row = (given: Partial<Row> = {}): Row => ({
  scenario: "fan-out",
  peer: "parkbench",
  metric: "cpuUsPerDelivery",
  unit: "us",
  params: { parked: 10_000, held: false },
  values: [10],
  ...given,
});

export const ours = (value: number) => row({ values: [value] });
export const plain = (value: number) => row({ peer: "plain", values: [value] });
