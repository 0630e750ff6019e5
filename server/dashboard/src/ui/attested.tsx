import { Icon } from "./icons";

const TITLES: Record<string, string> = {
    sbom: "A bill of materials was attached",
    provenance: "Its provenance was attached",
    signature: "It was signed",
};

/** What was said of a pushed image, as small marks. */
export function Attested({ of }: { of: string[] }) {
    return of.length === 0 ? null : (
        <span class="attested">{of.map((name) => <span key={name} title={TITLES[name]}><Icon name="sealed" size={12} />{name}</span>)}</span>
    );
}
