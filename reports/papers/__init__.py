"""Papers beside the bulletin as plain JSON: 领导专报, 单位进展单 and the paper forms of a filing. renderers/ print them."""
