"""What the commands take from below the face as it is: names of options, and study files."""

from __future__ import annotations

from rpbind.design.original import CONTEXT_CHANGES as CONTEXT_CHANGES
from rpbind.design.original import ORIGINAL_CHANGES as ORIGINAL_CHANGES
from rpbind.design.original import WITH_CONTEXT as WITH_CONTEXT
from rpbind.ledger.trials import OBJECTIVES as OBJECTIVES
from rpbind.search.config import REPEATED as REPEATED
from rpbind.search.config import SAMPLERS as SAMPLERS
from rpbind.search.config import SCHEDULERS as SCHEDULERS
from rpbind.spaces.named import SPACES as SPACES
from rpbind.studyfile.read import StudyFile as StudyFile
from rpbind.studyfile.read import read_study as read_study
from rpbind.studyfile.template import write_template as write_template
