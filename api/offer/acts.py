"""api: offers, as administrators publish them."""

from __future__ import annotations

from api.engine.acts import WHICH, Act, Reads
from api.engine.roles import ADMIN
from domain.offer import PublishOffer

TAGS = {
    "offers": "What is offered to customers in which stage or segment, until when, and who has taken it up"
}
ACTS = (
    Act(PublishOffer, "/offers", "Publish an offer, or change it", roles=ADMIN, flat=("offer",), hide=("version",), status=201,
        location="/offers/{id}", body="NewOffer",
        more="It stands beside the revisits of customers in that stage and segment, on the agenda and on their pages.",
        described={"segment": "The name of a published segment. Stage and segment: whoever is in both."},
        example={"name": "spring", "what": "a second year of service for half the price", "stage": "loyal",
            "since": "2027-03-01", "until": "2027-05-31", "product_id": WHICH},
        terminal="offer publish <name what", typed="spring --what 'service for half the price' --stage loyal --since 2027-03-01 --until 2027-05-31"),
)  # fmt: skip
READS = (
    Reads(
        model="projections.offer:PublishedOffers",
        of="Offer",
        path="/offers",
        by="name stage segment on",
        many="Offers, the newest version of each",
        more="Those that end last come first; `on` asks for those that stand on a day.",
        one="One offer",
        terminal="offer",
        columns="name what stage segment since until offer_version",
        fields="offer_id name what stage segment since until product_id offer_version",
        typed="--on 2027-03-15",
    ),
)
