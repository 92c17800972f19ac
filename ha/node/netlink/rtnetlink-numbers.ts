// rtnetlink-numbers — the kernel's numbers for messages about interfaces and addresses (rtnetlink(7)).

export const NETLINK_ROUTE = 0;

/** For openNetlink, to hear of links and addresses that come, change and go: RTMGRP_LINK, …_IPV4_IFADDR, …_IPV6_IFADDR. */
export const interfaceGroups = 0x1 | 0x10 | 0x100;

export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;
export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
export const RTM_GETADDR = 22;

export const IFLA_IFNAME = 3;
export const IFLA_MASTER = 10;
export const IFLA_LINKINFO = 18;
export const IFLA_INFO_KIND = 1;
export const IFF_UP = 1;

export const IFA_ADDRESS = 1;
export const IFA_LOCAL = 2;
export const IFA_CACHEINFO = 6;
export const IFA_F_NODAD = 2;

/** Bytes of struct ifinfomsg. */
export const LINK_HEADER = 16;
/** Bytes of struct ifaddrmsg. */
export const ADDRESS_HEADER = 8;

export const AF_INET = 2;
export const AF_INET6 = 10;
