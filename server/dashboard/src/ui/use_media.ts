import { useEffect, useState } from "preact/hooks";

export function useMedia(query: string): boolean {
    const [fits, setFits] = useState(() => matchMedia(query).matches);
    useEffect(() => {
        const media = matchMedia(query);
        const update = () => setFits(media.matches);
        media.addEventListener("change", update);
        return () => media.removeEventListener("change", update);
    }, [query]);
    return fits;
}
