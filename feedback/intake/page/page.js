// Says that the customer has seen the question, once, when the page is visible. Programs that only fetch the page do not run it.
const say = () => {
  if (document.visibilityState !== "visible") return;
  document.removeEventListener("visibilitychange", say);
  navigator.sendBeacon(`${location.pathname.replace(/\/$/, "")}/shown`);
};
document.addEventListener("visibilitychange", say);
say();
