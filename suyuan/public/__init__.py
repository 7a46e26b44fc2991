"""The evidence behind the public's pages: what counts, in whose words, and the names."""

from suyuan.public.gather import PublicEvidence

__all__ = ["PublicEvidence"]
