// Drives a real browser through the command centre: run.mjs ORIGIN WORLDS, where WORLDS is a JSON object of addresses by their name.
import { run } from "../browser/browser.mjs";
import { live } from "./live.mjs";
import { pages } from "./pages.mjs";
import { print } from "./print.mjs";
import { Room } from "./room.mjs";
import { signin } from "./signin.mjs";
import { use } from "./use.mjs";

await run({ ...live, ...pages, ...use, ...print, ...signin }, undefined, Room);
