import { render } from "preact";
import { loadSession } from "./data/api";
import { start } from "./data/live";
import { startKeys } from "./keys";
import { startRouter } from "./router";
import { startFavicon } from "./ui/favicon";
import { startTheme } from "./ui/theme";
import { Shell } from "./shell";
import "./style/main.css";

startTheme();
startRouter();
startKeys();
startFavicon();
void loadSession();
start();
render(<Shell />, document.getElementById("page")!);
