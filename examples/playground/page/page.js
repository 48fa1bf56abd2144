// The page of the playground: it calls fetch() as the table of scenarios says, and asks
// its own server what the API received. With #run in its URL it runs all at once, with
// #run=put,header these two, with #run&debug against the API that was set up WithDebug.
import {ladder} from "./ladder.js";

const config = JSON.parse(document.getElementById("config").textContent);
const buttons = [...document.querySelectorAll("button")];
const summary = document.getElementById("summary");

// called does one fetch and says what a script can see of it.
async function called({method, path, headers, body, credentials}, query) {
	const init = {method, headers, body, credentials: credentials ? "include" : "same-origin"};
	try {
		const response = await fetch(config.api + path + "?" + query, init);
		return {status: response.status, text: (await response.text()).trim()};
	} catch (error) {
		return {status: 0, text: String(error)};
	}
}

// run runs one scenario, and reports whether all came as expected. Its fetches share one
// trace: two of the same path are of the same URL, by which browsers keep preflights.
async function run({id, fetches}) {
	const article = document.getElementById(id);
	const debug = document.querySelector("[name=server]:checked").value;
	const trace = crypto.getRandomValues(new Uint32Array(1))[0].toString(36);
	const ladders = [];
	const verdicts = [];
	let seen = 0;
	let expected = true;
	for (const task of fetches) {
		const got = await called(task, `trace=${trace}${debug && "&debug"}`);
		const all = await (await fetch(`/trace?id=${trace}`)).json();
		const made = ladder(config, task, got, all.slice(seen));
		ladders.push(...made.elements);
		verdicts.push(made.verdict);
		expected &&= made.expected;
		seen = all.length;
	}
	article.querySelector(".happened").replaceChildren(...ladders);
	article.querySelector(".verdict").textContent = `The page ${verdicts.join(", then ")}.`;
	return expected;
}

// One run at a time: they share cookies.
let running = false;

async function runAll(scenarios) {
	running = true;
	buttons.forEach((b) => b.setAttribute("aria-disabled", "true"));
	let unexpected = 0;
	try {
		for (const [i, s] of scenarios.entries()) {
			summary.textContent = `Running ${i + 1} of ${scenarios.length}.`;
			unexpected += !await run(s);
		}
		const all = scenarios.length;
		summary.textContent = `${all} run, ${all - unexpected} of them as expected.`;
	} catch (error) {
		summary.textContent = `The page’s own server does not answer: ${error}`;
	}
	buttons.forEach((b) => b.removeAttribute("aria-disabled"));
	document.body.dataset.ran = scenarios.length;
	running = false;
}

document.addEventListener("click", ({target}) => {
	const button = target.closest("button");
	if (!button || running) {
		return;
	}
	const article = button.closest("article");
	runAll(config.scenarios.filter((s) => !article || s.id === article.id));
});

document.addEventListener("keydown", (event) => {
	const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
	const i = buttons.indexOf(document.activeElement);
	if (step && i >= 0 && buttons[i + step]) {
		event.preventDefault();
		buttons[i + step].focus();
	}
});

const task = new URLSearchParams(location.hash.slice(1));
if (task.has("run")) {
	document.querySelector(`[name=server][value="${task.has("debug") ? "debug" : ""}"]`).checked = true;
	const ids = task.get("run").split(",").filter((id) => id);
	if (ids.length > 0) {
		document.getElementById(ids[0])?.scrollIntoView({block: "nearest"});
	}
	runAll(config.scenarios.filter((s) => ids.length === 0 || ids.includes(s.id)));
}
