"""One whole story by a client that openapi-python-client made of the published description: a dossier is opened, a scan
sent, waited for, confirmed, and found again. Arguments: address, cookie, scan, fields (JSON). Prints the ids."""

import json
import sys
import time
from io import BytesIO

from sohoa_client import Client
from sohoa_client.api.changes import after
from sohoa_client.api.documents import content, look_up_document, search_documents, see_document
from sohoa_client.api.dossiers import open_, see_dossier
from sohoa_client.api.owners import documents, look_up_owner
from sohoa_client.api.papers import confirm, see_paper, upload_result
from sohoa_client.models import (
    ConfirmFieldsIn,
    ConfirmFieldsInFields,
    DocumentLookupIn,
    OpenDossierIn,
    OwnerLookupIn,
    Problem,
    SearchIn,
    UploadForm,
)
from sohoa_client.types import File

URL, COOKIE, SCAN, FIELDS = sys.argv[1:5]
PURPOSE = "giải quyết hồ sơ"
client = Client(base_url=URL + "/api/v1", cookies=dict([COOKIE.split("=", 1)]), timeout=60)


def said(response, status):
    """What an answer says, as the client reads it."""
    assert response.status_code == status, (response.status_code, response.content)
    assert not isinstance(response.parsed, Problem), response.content
    return response.parsed


def until(paper, states):
    for _ in range(600):
        seen = said(see_paper.sync_detailed(paper, client=client), 200)
        if seen.state in states:
            return seen
        time.sleep(0.1)
    raise AssertionError(seen.state)


dossier = said(open_.sync_detailed(client=client, body=OpenDossierIn(procedure="1.001776")), 201)
with open(SCAN, "rb") as file:
    scan = File(payload=BytesIO(file.read()), file_name="scan.pdf", mime_type="application/pdf")
form = UploadForm(file=scan, ordinal=1)
paper = said(upload_result.sync_detailed(dossier.id, client=client, body=form), 202)
until(paper.id, ["to_confirm"])
with open(FIELDS, encoding="utf-8") as file:
    fields = json.load(file)
confirmation = ConfirmFieldsIn(fields=ConfirmFieldsInFields.from_dict(fields))
said(confirm.sync_detailed(paper.id, client=client, body=confirmation), 200)
stored = until(paper.id, ["stored"])

document = said(see_document.sync_detailed(stored.document, client=client, purpose=PURPOSE), 200)
assert document.fields["document_number"] == fields["document_number"]
lookup = DocumentLookupIn(code=document.code.text, purpose=PURPOSE)
found = said(look_up_document.sync_detailed(client=client, body=lookup), 200)
assert [document.id for document in found.documents] == [stored.document]
pdf = content.sync_detailed(stored.document, client=client, purpose=PURPOSE)
assert pdf.status_code == 200 and pdf.content.startswith(b"%PDF-")
lookup = OwnerLookupIn(owner=fields["owner_id"], purpose=PURPOSE)
owner = said(look_up_owner.sync_detailed(client=client, body=lookup), 200).owners[0]
of_owner = said(documents.sync_detailed(owner.id, client=client), 200)
assert stored.document in [item.id for item in of_owner.items]
query = SearchIn(text=fields["document_number"], purpose=PURPOSE)
hits = said(search_documents.sync_detailed(client=client, body=query), 200)
assert hits.items[0].document == stored.document and hits.items[0].places
changes = said(after.sync_detailed(client=client), 200)
assert changes.items[-1].document == stored.document
assert said(see_dossier.sync_detailed(dossier.id, client=client), 200).id == dossier.id
print(json.dumps({"dossier": dossier.id, "paper": paper.id, "document": stored.document, "owner": owner.id}))
