import { customElement } from "aurelia";
import { add, list } from "./api";
import { type Field, type Kind, kinds, refers, type Row } from "./kinds";
import template from "./my-app.html?raw";

@customElement({ name: "my-app", template })
export class MyApp {
  readonly kinds = kinds;
  kind: Kind = kinds[0]!;
  rows: Record<string, Row[]> = {};
  draft: Row = {};
  message = "";
  failed = false;

  async binding(): Promise<void> {
    await this.load();
  }

  async show(kind: Kind): Promise<void> {
    this.kind = kind;
    this.draft = {};
    this.message = "";
    await this.load();
  }

  async add(): Promise<void> {
    await this.tell(async () => {
      const stored = await add(this.kind.name, this.values());
      this.draft = {};
      await this.fetch(this.kind.name);
      return `Added ${stored["name"] ?? `delivery ${stored["id"]}`}.`;
    });
  }

  /** A row of another kind is shown by its name. */
  text(row: Row, field: Field): string {
    const value = row[field.name];
    const named = refers(field) ? this.rows[field.type]?.find((other) => other["id"] === value) : undefined;
    return String(named?.["name"] ?? value);
  }

  isChoice(field: Field): boolean {
    return refers(field);
  }

  private values(): Row {
    const isNumber = (field: Field) => field.type === "number" || refers(field);
    return Object.fromEntries(
      this.kind.fields.map((field) => [field.name, isNumber(field) ? Number(this.draft[field.name]) : String(this.draft[field.name] ?? "")]),
    );
  }

  private async load(): Promise<void> {
    const wanted = [this.kind.name, ...this.kind.fields.filter(refers).map((field) => field.type)];
    await this.tell(async () => {
      await Promise.all(wanted.map((name) => this.fetch(name)));
      return "";
    });
  }

  private async fetch(name: string): Promise<void> {
    this.rows[name] = await list(name);
  }

  private async tell(work: () => Promise<string>): Promise<void> {
    try {
      this.message = await work();
      this.failed = false;
    } catch (error) {
      this.message = error instanceof Error ? error.message : String(error);
      this.failed = true;
    }
  }
}
