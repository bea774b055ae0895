"""From what is live to what is verified: plan, ask, move, verify, and write all of it down."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from lib.audit.chain import Keys
from lib.breakglass import choosing, database, verifying
from lib.breakglass.journal import Journal, unfinished
from lib.breakglass.models import (
    Code,
    Database,
    Deployment,
    Given,
    Misused,
    Outcome,
    Plan,
    Rolling,
    Stopped,
    Traffic,
)
from lib.breakglass.platform import Patience, Platform
from lib.breakglass.switching import Switch

#: An older one is of another trouble.
GOES_ON_SECONDS = 3600
VERIFY_SECONDS = 60.0
#: Candidates that are looked at before one is chosen.
LOOKED_AT = 3
UNKNOWN = "Nobody could tell whether the database follows. Nothing was changed."
IF_YOU_KNOW = "If the older version runs on it as it is: --database-unknown-ok"


@dataclass(frozen=True, slots=True)
class Wanted:
    to: str | None
    who: str
    reason: str
    database_unknown_ok: bool
    folder: Path
    keys: Keys
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class BreakGlass:
    platform: Platform
    wanted: Wanted
    say: Callable[[str], None]
    #: Whether to go on, of what is shown; raises Misused where nobody can be asked.
    agree: Callable[[], bool]

    @property
    def given(self) -> Given:
        return self.platform.given

    def run(self) -> Code:
        """Raises Stopped."""
        if (journal := self.interrupted()) is not None:
            with closing(journal):
                if self.wanted.to in (None, journal.entries[0]["target"]["id"]):
                    return self.go_on(journal)
                if not self.wanted.dry_run:
                    self.end(journal, "abandoned", "unknown", f"{self.wanted.who} chose another.")
        plan = self.plan()
        self.show(plan)
        if plan.target.id == plan.live.id and not self.is_partly_moved():
            return self.live_already(plan)
        self.check_database(plan.database)
        if self.wanted.dry_run:
            self.say("Nothing was changed: it is a dry run.")
            return Code.DONE
        if not self.agree():
            raise Stopped("Nothing was changed.")
        with closing(Journal.create(self.wanted.folder, self.wanted.keys)) as journal:
            self.say(f"journal    {journal.path}")
            journal.write("begun", **plan.told())
            return self.carry_out(plan, journal)

    # --- what to do

    def plan(self) -> Plan:
        project, rolling = self.platform.project(), self.platform.rolling()
        if project.id not in ("", self.given.project):
            raise Misused(f"APP_PROJECT_ID is a name. Set it to the project's id: {project.id}")
        if rolling is not None:
            live, target, why = self.rolled_out(rolling)
        else:
            live = self.platform.live()
            target, why = self.chosen(live) if self.wanted.to is None else self.named(live)
        return Plan(
            project=self.given.project,
            method="instant" if rolling else self.given.method,
            hosts=project.hosts if self.given.method == "instant" else (self.given.alias,),
            alias=self.given.alias if self.given.method == "alias" else "",
            auto_assign=project.auto_assign,
            live=live,
            target=target,
            why=why,
            database=database.standing(self.given, live, target),
            who=self.wanted.who,
            reason=self.wanted.reason,
            rolls=rolling is not None,
        )

    def rolled_out(self, rolling: Rolling) -> tuple[Deployment, Deployment, str]:
        """Only the platform's rollback ends it, to what the other visitors get. Raises Stopped."""
        live = self.platform.deployment(rolling.canary)
        target = self.platform.deployment(rolling.base)
        if self.wanted.to not in (None, rolling.base):
            raise Stopped(
                f"{live.called} is being rolled out, and has to be ended first. Nothing was done.",
                remedy=f"Run it without --to, which goes to {target.called}; then once more.",
            )
        return live, target, f"{live.called} is being rolled out, and the others get this one"

    def chosen(self, live: Deployment) -> tuple[Deployment, str]:
        found = self.platform.production()
        best = choosing.candidates(found, live, self.given.method)
        why, passed_over = choosing.WHY.format(live=live.called), ""
        for one in best[:LOOKED_AT]:
            if not (bad := verifying.is_bad(self.given, one)):
                return one, why + passed_over
            passed_over += f"; {bad}"
        raise Stopped(
            f"There is nothing to go back to by itself{passed_over}.",
            remedy=f"{choosing.CHOOSE}. There are: {choosing.named(found, live)}.",
        )

    def named(self, live: Deployment) -> tuple[Deployment, str]:
        target = self.platform.deployment(self.wanted.to or "")
        if target.project != self.given.project:
            raise Stopped(f"{target.called} belongs to another project.")
        reason = choosing.refused(target, self.given.method)
        if reason and target.id != live.id:
            raise Stopped(f"{target.called}: {reason}.", remedy=choosing.CHOOSE)
        cautions = [choosing.hinders(target, live, self.given.method)]
        cautions.append(verifying.is_bad(self.given, target))
        told = "; ".join(filter(None, cautions))
        return target, f"it was asked for{f' (but {told})' if told else ''}"

    def live_already(self, plan: Plan) -> Code:
        """As if it had just been moved there. Raises Stopped if it is not well."""
        verifying.verify(self.given, plan, Patience(VERIFY_SECONDS))
        self.say(f"{plan.target.called} is live already, on every host, and healthy.")
        return Code.DONE

    def is_partly_moved(self) -> bool:
        return self.given.method == "instant" and bool(self.platform.failed_aliases())

    def show(self, plan: Plan) -> None:
        how = (
            f"{plan.alias} is moved, and new releases stay staged"
            if plan.method == "alias"
            else "Instant Rollback of the platform, which also pins"
        )
        self.say(
            "\n".join(
                [
                    f"live now   {plan.live.in_full}",
                    f"goes to    {plan.target.in_full}",
                    f"because    {plan.why}",
                    f"how        {how}",
                    f"hosts      {', '.join(plan.hosts)}",
                    f"database   {plan.database.state}: {plan.database.sentence}",
                ]
            )
        )

    def check_database(self, found: Database) -> None:
        if found.state == "refused":
            raise Stopped(
                f"The database does not follow: {found.sentence} Nothing was changed.",
                remedy=f"{database.ASK_CONTROL_PLANE} Or choose another version: --to dpl_…",
            )
        if found.state == "unknown" and not self.wanted.database_unknown_ok:
            raise Stopped(UNKNOWN, remedy=IF_YOU_KNOW)

    # --- going on

    def interrupted(self) -> Journal | None:
        path = unfinished(
            self.wanted.folder,
            self.wanted.keys,
            self.given.project,
            younger_than_seconds=GOES_ON_SECONDS,
        )
        return Journal.resume(path, self.wanted.keys) if path else None

    def go_on(self, journal: Journal) -> Code:
        """One that was killed. Declined, it ends as it is."""
        begun = journal.entries[0]
        plan = Plan.read(begun)
        self.say(f"Goes on with what {plan.who} began at {begun['at']}: {journal.path}")
        self.show(plan)
        if self.wanted.dry_run or not self.agree():
            if not self.wanted.dry_run:
                self.end(journal, "abandoned", "unknown", f"{self.wanted.who} did not go on.")
            raise Stopped("It was not gone on with.", "unknown")
        journal.write("continued", who=self.wanted.who)
        return self.carry_out(plan, journal)

    # --- doing it

    def carry_out(self, plan: Plan, journal: Journal) -> Code:
        self.platform.patience.begin()
        switch = Switch(self.platform, journal, plan)
        try:
            switch.run()
            journal.write("moved", deployment=plan.target.id, by_us=switch.may_have_moved)
            self.say(f"Production leads to {plan.target.called}. Looking whether it is there.")
            self.purge(journal, switch)
            verifying.verify(self.given, plan, Patience(VERIFY_SECONDS))
        except Stopped as stopped:
            if stopped.traffic == "unchanged" and switch.may_have_moved:
                stopped.traffic = "unknown"
            if stopped.code is Code.AWAY:
                # That is no end: the same again goes on.
                raise
            outcome: Outcome = "refused" if stopped.traffic == "unchanged" else "failed"
            switch.leave(stopped.traffic)
            self.end(journal, outcome, stopped.traffic, str(stopped), switch.warnings)
            stopped.remedy = " ".join(filter(None, [stopped.remedy, *switch.warnings]))
            raise
        except OSError as error:
            traffic: Traffic = "unknown" if switch.may_have_moved else "unchanged"
            elsewhere = f"Run it again, with --to {plan.target.id} and --journal DIR."
            raise Stopped(f"The journal cannot be written: {error}.", traffic, elsewhere) from None
        journal.write("verified", hosts=plan.hosts)
        sentence = f"Every host serves {plan.target.called}, and it is healthy."
        self.end(journal, "completed", "moved", sentence, switch.warnings)
        self.say(sentence)
        for warning in switch.warnings:
            self.say(f"But {warning}")
        return Code.DONE

    def purge(self, journal: Journal, switch: Switch) -> None:
        """A failure here is a warning."""
        if journal.find("answered", call="caches", is_done=True) is None:
            answer = switch.call("caches", self.platform.purge_caches)
            if not answer.is_done:
                switch.warnings.append(f"The platform's caches were not cleared: {answer.message}")

    def end(
        self,
        journal: Journal,
        outcome: Outcome,
        traffic: Traffic,
        sentence: str,
        warnings: list[str] | None = None,
    ) -> None:
        journal.write(
            "end", outcome=outcome, traffic=traffic, sentence=sentence, warnings=warnings or []
        )
        self.say(f"When all is up again: python -m scripts.reconcile {journal.path}")
