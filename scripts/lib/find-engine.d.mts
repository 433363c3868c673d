export interface Engine {
  readonly host: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly rootless: boolean;
}
export function findAnsweringEngine(): Promise<Engine | null>;
