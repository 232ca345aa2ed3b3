"""Each check fails on a connector that breaks its rule and in nothing else, and passes on the good one."""

from __future__ import annotations

import pytest

from connectors.base import Connector
from tests.conformance import CHECKS, Case, conformance
from tests.conformance.broken import wrong_answers as answers
from tests.conformance.broken import wrong_calls as calls
from tests.conformance.broken import wrong_errors as errors
from tests.conformance.broken import wrong_feeds as feeds
from tests.conformance.broken import wrong_logins as logins
from tests.conformance.broken.tiny import TINY, Tiny
from tests.conformance.broken.unfinished import Unfinished
from tests.conformance.cases.business import BUSINESS
from tests.conformance.cases.cards import CARDS
from tests.conformance.cases.population import VERIFY
from tests.conformance.suite import try_check
from tests.connectors.cards import DeliveredCards

BROKEN: dict[str, type[Connector]] = {
    # authentication
    "missing_secret": calls.SendsWithoutSecret,
    "wrong_secret": errors.TriesWrongSecretsAgain,
    "rotated_secret": calls.KeepsItsSignature,
    "expired_mid_flight": errors.SignsInOnce,
    "expired_for_good": errors.TriesWrongSecretsAgain,
    "forbidden": errors.TriesForbiddenAgain,
    "clock_skew": errors.BlamesTheSecret,
    "refused_sign_in_spares_the_breaker": errors.TriesWrongSecretsAgain,
    "login_in_trouble": logins.BlamesTheKeys,
    "one_login_for_all": logins.LogsInForItself,
    # paging
    "whole_window": feeds.StopsAtPageOne,
    "repeated_page": feeds.WalksBlindly,
    "missing_page": feeds.WalksBlindly,
    "missing_record": feeds.WalksBlindly,
    "page_out_of_order": feeds.WalksBlindly,
    "list_that_moves": feeds.WalksBlindly,
    "total_that_changes": feeds.WalksBlindly,
    "empty_window": feeds.HidesEmptyPages,
    "window_upside_down": feeds.TakesAnyWindow,
    "window_without_zone": feeds.TakesAnyWindow,
    "window_unsettled": feeds.TakesAnyWindow,
    "page_size_limits": feeds.TakesAnyWindow,
    "outside_the_window": feeds.WalksBlindly,
    "abandoned_walk": calls.HoldsItsPlace,
    # feeds
    "windows_meet": feeds.StartsTooLate,
    "any_zone": feeds.ForgetsZones,
    "watermark_overlap": feeds.TellsTheTimeInBodies,
    "tombstones": feeds.ForgetsTombstones,
    "keys_agree": feeds.GivesOldKeys,
    "bodies_fit_the_model": feeds.WritesNoJson,
    "drift_in_a_feed": feeds.DropsNewFields,
    "asks_about_the_wanted": feeds.AsksAboutEverybody,
    "single_entry_page": feeds.WantsLists,
    # attempts
    "one_retry_budget": calls.RetriesInsideRetries,
    "one_retry_budget_for_a_page": calls.RetriesInsideRetries,
    "transient_is_retried": calls.NeverTriesAgain,
    "permanent_is_not_retried": errors.TriesRefusalsAgain,
    "server_errors": errors.GivesUpOnServerErrors,
    "throttling": errors.MissesThrottling,
    "retry_after_in_seconds": errors.ForgetsRetryAfter,
    "retry_after_as_a_date": errors.ReadsNoDates,
    "retry_after_zero": calls.TriesAgainAtOnce,
    "deadline_honoured": calls.ForgetsDeadlines,
    "deadline_over": calls.ForgetsDeadlines,
    "deadline_ends_waits": calls.ForgetsDeadlines,
    "time_out": calls.WaitsForEver,
    "time_out_after_commit": calls.SendsTheSameRequestAgain,
    "stray_errors_become_ours": calls.LetsErrorsEscape,
    # network
    "over_real_http": calls.CallsAnotherAddress,
    "dropped_connection": errors.GivesUpOnConnections,
    "connection_that_breaks_off": errors.GivesUpOnBrokenAnswers,
    "nobody_listens": errors.GivesUpOnConnections,
    "silence_on_a_socket": calls.WaitsForEver,
    "no_cookie_is_kept": calls.KeepsCookies,
    "no_proxy_of_the_shell": calls.GoesByTheShell,
    "untrusted_certificate": calls.TrustsAnybody,
    # unreadable
    "status_of_no_answer": errors.TakesRefusalsForNobody,
    "garbage": errors.TakesErrorsForNobody,
    "truncated": errors.TakesErrorsForNobody,
    "truncated_once": errors.GivesUpOnBrokenAnswers,
    "empty_body": errors.TakesErrorsForNobody,
    "error_with_a_good_status": errors.TakesErrorsForNobody,
    "page_of_a_gateway": errors.TakesErrorsForNobody,
    "another_document": errors.TakesErrorsForNobody,
    "oversize": errors.ReadsWithoutLimit,
    "gzip_bomb": errors.ReadsWithoutLimit,
    "encoding_not_asked_for": errors.TakesErrorsForNobody,
    "hostile_document": errors.TakesErrorsForNobody,
    "redirect": calls.FollowsRedirects,
    # answers
    "somebody": answers.AnswersWithDicts,
    "nobody": answers.InventsSomebody,
    "empty_is_not_absent": answers.DropsEmptyFields,
    "one_is_a_list_of_one": feeds.WantsLists,
    "ambiguous": answers.ChoosesTheFirst,
    "drift_in_an_answer": answers.OverlooksNewFields,
    "silence_is_no_no": answers.TakesSilenceForNo,
    # claims
    "claim_incomplete": answers.AsksWithHalfAClaim,
    "claim_malformed": answers.AsksAnything,
    "odd_texts": answers.AsksAnything,
    "officer_unmapped": answers.AsksInAnyName,
    "real_people_stay_out_of_a_sandbox": answers.Unguarded,
    "invented_people_stay_out_of_production": answers.Unguarded,
    "sandbox_refuses_real_answers": answers.Unguarded,
    "production_refuses_invented_answers": answers.Unguarded,
    "keys_of_people_are_guarded": answers.CallsNumbersItsOwn,
    "another_subject": answers.TakesAnyAnswer,
    # courtesy
    "rate_respected": calls.TakesNoTurn,
    "each_attempt_takes_a_turn": calls.TakesNoTurn,
    "no_turn_no_request": calls.TakesNoTurn,
    "concurrency_respected": calls.TakesNoTurn,
    "quota_respected": calls.TakesNoTurn,
    "maintenance_respected": calls.CallsAtNight,
    "service_hours": calls.CallsAtNight,
    "breaker_opens_and_spares": calls.NeverRests,
    "refusals_spare_the_breaker": errors.TriesRefusalsAgain,
    "cancellation_gives_places_back": calls.GoesOnWhenCancelled,
    # declared
    "says_what_it_is": answers.Undocumented,
    "nothing_is_left_to_fill_in": Unfinished,
    "declares_its_courtesy": calls.InheritsItsCourtesy,
    "carries_its_ground": answers.AsksWithoutGround,
    "models_are_strict": answers.LenientModel,
    "aclose_closes": calls.NeverCloses,
    # redaction
    "errors_show_nobody": answers.QuotesTheClaim,
    "no_field_of_a_request_shows": answers.LogsTheGround,
    "feed_errors_show_nobody": answers.QuotesStrayErrors,
    "no_field_of_an_answer_shows": answers.QuotesTheAnswer,
    "no_field_of_a_page_shows": feeds.QuotesTheRow,
    "answers_leave_no_trace": answers.LogsTheAnswer,
    "headers_leave_no_trace": calls.LogsItsNetwork,
    "secrets_are_never_shown": calls.LogsItsSecret,
}


GOOD: dict[str, Case] = {"tiny": TINY, "business": BUSINESS, "population": VERIFY}
"""The cases of the registers that the wrong connectors call; the good ones pass theirs."""


def test_every_check_has_a_wrong_connector() -> None:
    """A check that nothing has ever failed proves nothing."""
    assert sorted(CHECKS) == sorted(BROKEN)


@pytest.mark.parametrize("name", BROKEN)
async def test_check_fails_on_a_connector_that_breaks_it(name: str) -> None:
    """Each check fails on the connector that is wrong in just that."""
    with pytest.raises(AssertionError):
        await try_check(CHECKS[name], BROKEN[name], GOOD[BROKEN[name].system])


TestTiny = conformance(Tiny, TINY)
TestCards = conformance(DeliveredCards, CARDS)
