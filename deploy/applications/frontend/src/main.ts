import Aurelia from "aurelia";
import { MyApp } from "./my-app";

void Aurelia.app(MyApp).start();
