"""The explainer: GANs that are trained in a page, for people who have never seen one."""

from gansmith.learn.page import document

__all__ = ["document"]
