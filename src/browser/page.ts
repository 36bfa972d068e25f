/** The page of a node: what it is told comes as events of /watch, as long as somebody looks. */
import { fillObject, offerClasses, startForm } from "./form.ts";
import { addRows, methodOf, startLog } from "./log.ts";
import { showMethods } from "./methods.ts";
import { goTo, offerObjects, offerPast, showState, startObject } from "./object.ts";
import { showStanding } from "./standing.ts";
import { Stream } from "./stream.ts";
import { showLost, showView } from "./view.ts";

const stream = new Stream(
  {
    status: (status) => {
      showView(status);
      offerClasses(status);
      offerObjects(status);
    },
    standing: (standing) => {
      offerPast(standing);
      showStanding(standing, methodOf);
    },
    methods: showMethods,
    log: addRows,
    state: showState,
  },
  showLost,
);

startForm();
startLog(goTo);
stream.follow("");
startObject((object) => {
  fillObject(object);
  stream.follow(object);
});
